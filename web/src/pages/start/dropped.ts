// Files that were dropped on the page, or picked, with their paths below the dropped folder; and their way to the server.

export interface DroppedFile {
  path: string; // "Line 3/2026-04/17070152_116.xls"
  file: File;
}

// What a record's name ends in; everything else that lies in a folder stays at home.
const record_ending = /\.(xls|xlsx|json|csv|txt)$/i;

export function isRecord(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return record_ending.test(name) && !name.startsWith(".") && !name.startsWith("~$");
}

function entryFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((done, fail) => entry.file(done, fail));
}

// A reader hands out at most 100 entries at a time, and an empty list at the end.
async function folderEntries(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function walk(entry: FileSystemEntry, out: DroppedFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    if (isRecord(path)) out.push({ path, file: await entryFile(entry as FileSystemFileEntry) });
  } else {
    for (const inner of await folderEntries(entry as FileSystemDirectoryEntry)) await walk(inner, out);
  }
}

// The entries must be taken from the event before the first await: afterwards the list is empty.
export async function droppedFiles(data: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((e) => e !== null);
  const out: DroppedFile[] = [];
  for (const entry of entries) await walk(entry, out);
  return out;
}

export function pickedFiles(files: FileList): DroppedFile[] {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => isRecord(path));
}

export interface UploadProgress {
  done: number;
  total: number;
  bytes: number;
  failed: { path: string; message: string }[];
}

// Sends all files, four at a time, each tried twice. What is refused is listed, the others go on.
export async function upload(
  files: DroppedFile[],
  send: (file: DroppedFile) => Promise<unknown>,
  report: (progress: UploadProgress) => void,
  cancelled: () => boolean,
): Promise<UploadProgress> {
  const progress: UploadProgress = { done: 0, total: files.length, bytes: 0, failed: [] };
  const waiting = [...files];
  const worker = async () => {
    for (let next = waiting.shift(); next && !cancelled(); next = waiting.shift()) {
      try {
        await send(next).catch(() => send(next as DroppedFile));
        progress.bytes += next.file.size;
      } catch (error) {
        progress.failed.push({ path: next.path, message: error instanceof Error ? error.message : String(error) });
      }
      progress.done++;
      report({ ...progress });
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return progress;
}
