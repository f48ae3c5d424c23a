// Line icons on a 16 px grid, drawn in the colour of the text.

const paths = {
  review: "M1.5 10.5 5 10.5 6.5 4.5 9 12.5 10.5 7.5 14.5 7.5",
  queue: "M2 4h12M2 8h8M2 12h5",
  agreement: "M5.5 3.5v9M10.5 3.5v9M2 6.5h7M7 9.5h7",
  quality: "M8 1.8 13.5 4v4c0 3.2-2.2 5.3-5.5 6.3C4.7 13.3 2.5 11.2 2.5 8V4zM5.5 8l2 2 3.2-3.8",
  training: "M2 13.500V2.500M2 13.500h12M4.5 4.500c1.5 5 4 6.5 9 7",
  models: "M8 1.800l6 3v6.400l-6 3-6-3V4.800zM2 4.800l6 3 6-3M8 7.800v6.4",
  start: "M4 2v12.500M4 3h8.500l-2 3 2 3H4",
  sun: "M8 5.200a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.600M8 1v1.500M8 13.500V15M1 8h1.500M13.5 8H15M3 3l1.1 1.100M11.9 11.9 13 13M13 3l-1.1 1.100M4.1 11.9 3 13",
  moon: "M13.5 9.500A6 6 0 0 1 6.5 2.500a6 6 0 1 0 7 7z",
  system: "M2 3h12v8H2zM6 13.500h4M8 11v2.5",
  keys: "M1.5 4h13v8h-13zM4 6.500h.5M7 6.500h.5M10 6.500h.5M4.5 9.500h7",
  search: "M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3 14 14",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.500l3.5 3.500L13 4.5",
  undo: "M5.5 3 2.5 6l3 3M2.5 6H9a4 4 0 0 1 0 8H6.5",
  redo: "M10.5 3l3 3-3 3M13.5 6H7a4 4 0 0 0 0 8h2.5",
  fit: "M2 6V2.500h3.500M10.5 2.500H14V6M14 10v3.500h-3.500M5.5 13.500H2V10",
  zoom: "M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3 14 14M5 7h4M7 5v4",
  snap: "M4 2.500v6a4 4 0 0 0 8 0v-6M4 5.500h2.500v-3H4M12 5.500H9.500v-3H12",
  swap: "M2 5.500h11l-2.5-2.500M14 10.500H3l2.5 2.5",
  cursors: "M5 1.500v13M11 1.500v13M5 8h6",
  copy: "M5.5 5.500h8v8h-8zM3 10.500h-.5v-8h8V3",
  down: "M4 6l4 4 4-4",
  up: "M4 10l4-4 4 4",
  left: "M10 4 6 8l4 4",
  right: "M6 4l4 4-4 4",
  download: "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.500h11",
  upload: "M8 10.500v-8M4.5 6 8 2.5 11.5 6M2.5 13.500h11",
  play: "M4.5 2.500v11l9-5.500z",
  stop: "M4 4h8v8H4z",
  absent: "M8 2.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4 12 12 4",
  reject: "M8 1.5 14.5 14h-13zM8 6v4M8 12v.3",
  comment: "M2 2.500h12v8.500H8l-3.5 3V11H2z",
  eye: "M1.5 8C3.5 4.5 12.5 4.5 14.5 8 12.5 11.5 3.5 11.5 1.5 8M8 6.300a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4",
  user: "M8 2.500a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.400M2.5 14c.5-3 2.7-4.2 5.5-4.200s5 1.2 5.5 4.2",
  runs: "M2 3.500h12M2 8h12M2 12.500h12M5 2v3M10 6.500v3M7 11v3",
  datasets: "M2.5 4c0-1.300 2.400-2 5.500-2s5.500.700 5.500 2-2.400 2-5.500 2-5.500-.700-5.500-2M2.5 4v8c0 1.300 2.400 2 5.500 2s5.500-.700 5.500-2V4M2.5 8c0 1.300 2.400 2 5.500 2s5.500-.700 5.500-2",
  filter: "M2 3h12L9.5 8.500V13l-3 1V8.500z",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
