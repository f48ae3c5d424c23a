// Who is signed in and what the server has.
import { connection, http, signature } from "../api/client";
import type { Role, Session } from "../api/types";
import { createStore } from "./store";

export const session = createStore<{ value: Session | null; signIn: boolean }>({ value: null, signIn: false });

export async function loadSession(): Promise<void> {
  const value = await http.get<Session>("/session");
  session.set({ value, signIn: value.role === "none" });
}

// A sign-in that ran out, or a user who was removed: ask again who this is.
let refused = 0;
connection.subscribe(() => {
  const { unauthorized } = connection.get();
  if (unauthorized === refused) return;
  refused = unauthorized;
  void loadSession().catch(() => undefined);
});

export async function signIn(name: string, token: string): Promise<void> {
  await http.post("/session", { name, token });
  await loadSession();
}

export async function signOut(): Promise<void> {
  await http.delete("/session");
  await loadSession();
}

/** The name under which labels are signed here. */
export function userName(): string {
  const value = session.get().value;
  if (value?.users_configured) return value.user;
  return signature.get() || value?.user || "local";
}

const rank: Record<Role, number> = { viewer: 0, annotator: 1, engineer: 2, admin: 3 };

export function mayAct(role: Role): boolean {
  const own = session.get().value?.role ?? "none";
  return own !== "none" && rank[own] >= rank[role];
}
