// Pages whose code is fetched when one of them is first opened, or when there is nothing else to do: the first page comes
// sooner for it.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import type { Route } from "../router";
import { ErrorState } from "./EmptyState";

type Later = typeof import("../pages/later");

let code: Later | null = null;
const fetched = async () => (code = await import("../pages/later"));

const noAnswer = () => new ApiError(0, "unreachable", "This page could not be fetched.", "Is gimlet serve still running?", null);

export function lazyPage(name: keyof Later): ComponentType<{ route: Route }> {
  return function LazyPage({ route }) {
    const [here, setHere] = useState(code !== null);
    const [error, setError] = useState<ApiError | null>(null);
    const ask = () => {
      setError(null);
      fetched().then(
        () => setHere(true),
        () => setError(noAnswer()),
      );
    };
    useEffect(() => {
      if (!here) ask();
    }, []);
    const Page = code?.[name];
    if (Page) return <Page route={route} />;
    return error ? <ErrorState error={error} retry={ask} /> : null;
  };
}

/** Then they open at once, and also while the server is away. */
export function fetchPagesLater(): void {
  setTimeout(() => void fetched().catch(() => undefined), 2000);
}
