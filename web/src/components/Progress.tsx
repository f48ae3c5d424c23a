import { count } from "../text/format";

export interface ProgressProps {
  done: number;
  /** 0 = not known yet: the bar moves without saying how far. */
  total: number;
  text?: string;
  label: string;
}

export function Progress({ done, total, text, label }: ProgressProps) {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return (
    <div class="progress">
      <progress aria-label={label} max={1} {...(total > 0 ? { value: share } : {})} />
      <span>{text ?? (total > 0 ? `${count(done)} of ${count(total)}` : "working")}</span>
    </div>
  );
}
