// A fault in one page is shown in its place; the navigation stays, and going elsewhere clears it.
import { Component, type ComponentChildren } from "preact";
import { Button } from "./Button";
import { EmptyState } from "./EmptyState";

interface Props {
  /** Another one, for instance another page, tries again. */
  scope: string;
  children: ComponentChildren;
}

export class ErrorBoundary extends Component<Props, { message: string }> {
  override state = { message: "" };

  override componentDidCatch(cause: unknown): void {
    console.error(cause);
    this.setState({ message: cause instanceof Error ? cause.message : String(cause) });
  }

  override componentDidUpdate(before: Props): void {
    if (before.scope !== this.props.scope && this.state.message) this.setState({ message: "" });
  }

  override render() {
    if (!this.state.message) return this.props.children;
    return (
      <EmptyState icon="reject" title="This page met a fault">
        <p>What you saved is kept. The fault reads: {this.state.message}</p>
        <Button onClick={() => location.reload()}>Load the page again</Button>
      </EmptyState>
    );
  }
}
