// Who signs the labels: the signed-in user, or on a workstation without users the name typed here.
import { useState } from "preact/hooks";
import { signature } from "../api/client";
import type { Session } from "../api/types";
import { signOut, userName } from "../state/session";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { toastError } from "./Toast";

function NameDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState(signature.get());
  const save = (event: Event) => {
    event.preventDefault();
    signature.set(name.trim());
    onClose();
  };
  return (
    <Dialog title="Who is at work?" onClose={onClose}>
      <form onSubmit={save}>
        <div class="field">
          <label for="user-name">Your name</label>
          <input id="user-name" maxLength={63} autocomplete="name" value={name} onInput={(e) => setName(e.currentTarget.value)} />
          <small>It signs the labels that you make, so that two people's work can be compared.</small>
        </div>
        <footer>
          <Button kind="primary" type="submit">
            Use this name
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

export function UserMenu({ session }: { session: Session }) {
  const [open, setOpen] = useState(false);
  if (session.users_configured)
    return (
      <span class="user">
        <Icon name="user" />
        {session.user} <small>{session.role}</small>
        <Button small kind="quiet" onClick={() => void signOut().catch(toastError)}>
          Sign out
        </Button>
      </span>
    );
  return (
    <span class="user">
      <Button kind="quiet" icon="user" title="Change the name that signs your labels" onClick={() => setOpen(true)}>
        {userName()}
      </Button>
      {open && <NameDialog onClose={() => setOpen(false)} />}
    </span>
  );
}
