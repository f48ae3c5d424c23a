import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";

export interface ButtonProps {
  children?: ComponentChildren;
  onClick?: (event: MouseEvent) => void;
  kind?: "plain" | "primary" | "danger" | "quiet";
  icon?: IconName;
  /** Shown as a small key cap behind the text. */
  hotkey?: string | undefined;
  /** Needed where there is an icon and no text; also the tooltip. */
  title?: string;
  disabled?: boolean;
  pressed?: boolean;
  busy?: boolean;
  small?: boolean;
  type?: "button" | "submit";
}

export function Button(props: ButtonProps) {
  const { children, onClick, kind = "plain", icon, hotkey, title, disabled, pressed, busy, small, type = "button" } = props;
  const classes = ["button", kind, small ? "small" : "", children ? "" : "bare"].filter(Boolean).join(" ");
  return (
    <button
      type={type}
      class={classes}
      onClick={onClick}
      title={title}
      aria-label={children ? undefined : title}
      aria-pressed={pressed}
      aria-busy={busy}
      disabled={disabled || busy}
    >
      {icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
      {hotkey && <kbd aria-hidden="true">{hotkey}</kbd>}
    </button>
  );
}
