// The frame around all pages: navigation, theme, keys, who is at work, and what is wrong with the connection.
import { useEffect, useState } from "preact/hooks";
import { connection } from "./api/client";
import { Button } from "./components/Button";
import { EmptyState } from "./components/EmptyState";
import { ErrorBoundary } from "./components/ErrorBoundary";
import { Icon } from "./components/Icon";
import { KeySheet } from "./components/KeySheet";
import { Toasts, toastError } from "./components/Toast";
import { SignIn } from "./components/SignIn";
import { UserMenu } from "./components/UserMenu";
import { useKeys } from "./keys/useKeys";
import { pages } from "./pages/pages";
import { href, navigate, route } from "./router";
import { loadSession, mayAct, session } from "./state/session";
import { useStore } from "./state/store";
import { chooseTheme, theme, type Choice } from "./state/theme";

function ThemeSwitch() {
  const choice = useStore(theme, (value) => value.choice);
  const next: Record<Choice, Choice> = { system: "light", light: "dark", dark: "system" };
  const icons = { system: "system", light: "sun", dark: "moon" } as const;
  const words = { system: "as the system", light: "light", dark: "dark" };
  return (
    <Button
      kind="quiet"
      icon={icons[choice]}
      title={`Colours: ${words[choice]}. Change to ${words[next[choice]]}`}
      onClick={() => chooseTheme(next[choice])}
    />
  );
}

function Navigation({ current }: { current: string }) {
  return (
    <nav aria-label="Pages">
      {pages
        .filter((page) => mayAct(page.role))
        .map((page) => (
          <a key={page.path} href={href(page.path)} aria-current={page.path === current ? "page" : undefined}>
            <Icon name={page.icon} />
            <span>{page.title}</span>
          </a>
        ))}
    </nav>
  );
}

/** While no answer comes, ask again every two seconds; what is unsaved waits in its page. */
function OfflineBanner() {
  const online = useStore(connection, (value) => value.online);
  useEffect(() => {
    if (online) return;
    const timer = setInterval(() => void loadSession().catch(() => undefined), 2000);
    return () => clearInterval(timer);
  }, [online]);
  if (online) return null;
  return (
    <div class="banner" role="alert">
      <Icon name="reject" />
      The server does not answer. Your work is kept here and saved as soon as it is back.
    </div>
  );
}

export function App() {
  const now = useStore(route);
  const { value, signIn } = useStore(session);
  const [keysOpen, setKeysOpen] = useState(false);
  useKeys({ "help.keys": () => setKeysOpen(true) });
  useEffect(() => void loadSession().catch(toastError), []);

  const page = pages.find((item) => item.path === now.page);
  useEffect(() => {
    if (!value || signIn || now.page) return;
    const start = pages.find((item) => item.path === "start");
    navigate(href(start && !value.has_data ? "start" : "review"), true);
  }, [value, signIn, now.page]);
  useEffect(() => {
    document.title = page ? `${page.title} · Gimlet` : "Gimlet";
  }, [page]);

  return (
    <>
      <a class="skip" href="#content" onClick={(event) => {
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}>
        To the content
      </a>
      <header class="shell">
        <a class="brand" href={href("review")} aria-label="Gimlet">
          <img src="/favicon.svg" alt="" width="22" height="22" />
          <b>Gimlet</b>
        </a>
        {value && <Navigation current={now.page} />}
        <span class="spring" />
        <Button kind="quiet" icon="keys" title="Keys (?)" onClick={() => setKeysOpen(true)} />
        <ThemeSwitch />
        {value && !signIn && <UserMenu session={value} />}
      </header>
      <OfflineBanner />
      <main id="content" tabIndex={-1} class={page?.path}>
        {value && !signIn && page && (
          <ErrorBoundary scope={page.path}>
            <page.component route={now} />
          </ErrorBoundary>
        )}
        {value && !signIn && !page && now.page && (
          <EmptyState title="There is no such page">
            <a href={href("review")}>To the review</a>
          </EmptyState>
        )}
        {signIn && <SignIn />}
      </main>
      {keysOpen && <KeySheet onClose={() => setKeysOpen(false)} />}
      <Toasts />
    </>
  );
}
