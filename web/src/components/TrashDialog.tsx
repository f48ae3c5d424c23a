// The question before something goes into the trash, from which it is moved back by hand.
import type { ComponentChildren } from "preact";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

export function TrashDialog({ title, onKeep, onTrash, children }: {
  title: string;
  onKeep: () => void;
  onTrash: () => void;
  /** What leaves the list, and where it is kept. */
  children: ComponentChildren;
}) {
  return (
    <Dialog
      title={title}
      onClose={onKeep}
      actions={
        <>
          <Button onClick={onKeep}>Keep it</Button>
          <Button kind="danger" onClick={onTrash}>
            Into the trash
          </Button>
        </>
      }
    >
      <p>{children}</p>
    </Dialog>
  );
}
