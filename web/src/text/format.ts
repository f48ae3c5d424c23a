// Numbers as engineers write them: point as decimal sign, true minus, a fixed number of digits, the unit behind a space.

const none = "–";

export function fixed(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** 6.61 mm */
export const mm = (value: number | null | undefined, digits = 2): string =>
  value === null || value === undefined || !Number.isFinite(value) ? none : `${fixed(value, digits)} mm`;

/** +0.12 or −0.30: a difference always shows its sign. */
export function signed(value: number | null | undefined, digits = 2): string {
  const text = fixed(value, digits);
  return text === none || text.startsWith("−") || Number(text) === 0 ? text : `+${text}`;
}

/** 0.934 → 93 % */
export const percent = (value: number | null | undefined, digits = 0): string =>
  value === null || value === undefined || !Number.isFinite(value) ? none : `${fixed(value * 100, digits)} %`;

/** 12345 → 12,345 */
export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? none : value.toLocaleString("en-US");

/** 2026-05-29T14:03:11Z → 2026-05-29 14:03 in local time */
export function moment(iso: string | null | undefined): string {
  if (!iso) return none;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** 73 s → 1 min 13 s */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return none;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${fixed(value / 1e3, 1)} kB`;
  return `${fixed(value / 1e6, 1)} MB`;
}
