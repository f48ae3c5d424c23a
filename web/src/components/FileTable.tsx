// Files with their size and the hash that they had when they were noted.
import { bytes } from "../text/format";

export interface NotedFile {
  path: string;
  size_bytes: number;
  sha256: string;
}

interface Props {
  /** for screen readers */
  caption: string;
  files: NotedFile[];
  /** where a file can be downloaded; without it the names are plain text */
  href?: (path: string) => string;
  class?: string;
}

export function FileTable({ caption, files, href, ...rest }: Props) {
  return (
    <table class={rest.class}>
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col" class="n">
            Size
          </th>
          <th scope="col">SHA-256</th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => (
          <tr key={file.path}>
            <td>
              {href ? (
                <a href={href(file.path)} download={file.path.replaceAll("/", "_")}>
                  {file.path}
                </a>
              ) : (
                file.path
              )}
            </td>
            <td class="n">{bytes(file.size_bytes)}</td>
            <td>
              <code title={file.sha256}>{file.sha256.slice(0, 16)}…</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
