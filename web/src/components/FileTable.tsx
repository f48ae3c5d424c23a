// Files with their size and the hash that they had when they were noted.
import { bytes } from "../text/format";

export interface NotedFile {
  path: string;
  size_bytes: number;
  sha256: string;
}

interface Props<File extends NotedFile> {
  /** for screen readers */
  caption: string;
  files: File[];
  /** where a file can be downloaded; without it, or where it gives undefined, the name is plain text */
  href?: (file: File) => string | undefined;
  class?: string;
}

export function FileTable<File extends NotedFile>({ caption, files, href, ...rest }: Props<File>) {
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
        {files.map((file) => {
          const link = href?.(file);
          return (
            <tr key={file.path}>
              <td>
                {link ? (
                  <a href={link} download={file.path.replaceAll("/", "_")}>
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
          );
        })}
      </tbody>
    </table>
  );
}
