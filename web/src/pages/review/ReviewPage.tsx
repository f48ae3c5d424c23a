import type { Route } from "../../router";

export function ReviewPage({ route }: { route: Route }) {
  return <p>{route.rest[0]}</p>;
}
