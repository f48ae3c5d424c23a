import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/client";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";

/** What is shown where there is nothing to show: why, and what to do about it. */
export function EmptyState(props: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      {props.icon && <Icon name={props.icon} size={28} />}
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

export function ErrorState({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <EmptyState icon="reject" title={error.message}>
      {error.hint && <p>{error.hint}</p>}
      <Button onClick={retry}>Try again</Button>
    </EmptyState>
  );
}
