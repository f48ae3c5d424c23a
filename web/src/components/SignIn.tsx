import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { signIn } from "../state/session";
import { Button } from "./Button";

export function SignIn() {
  const [name, setName] = useState("");
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(name.trim(), token.trim());
    } catch (cause) {
      setProblem(cause instanceof ApiError ? cause.message : String(cause));
    }
    setBusy(false);
  };
  return (
    <form class="card signin" onSubmit={(event) => void submit(event)}>
      <h1>Sign in</h1>
      <div class="field">
        <label for="signin-name">Name</label>
        <input id="signin-name" required autocomplete="username" value={name} onInput={(e) => setName(e.currentTarget.value)} />
      </div>
      <div class="field">
        <label for="signin-token">Token</label>
        <input
          id="signin-token"
          type="password"
          required
          autocomplete="current-password"
          value={token}
          onInput={(e) => setToken(e.currentTarget.value)}
        />
        <small>Your administrator made it with: gimlet users add NAME</small>
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <Button kind="primary" type="submit" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}
