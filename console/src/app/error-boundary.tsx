import { Component, type ComponentChildren } from 'preact';
import { Button, Notice } from '../ui/index.js';

interface Props {
  /** Another one is another page: the error is forgotten. */
  readonly place: string;
  readonly children: ComponentChildren;
}

/** Keeps a mistake in one part of the page from taking the rest with it. */
export class ErrorBoundary extends Component<Props, { error?: Error | undefined; place?: string }> {
  static override getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate({ place }: Props): void {
    if (place !== this.props.place && this.state.error) this.setState({ error: undefined });
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Notice
        tone="bad"
        title="This page broke."
        actions={<Button onClick={() => this.setState({ error: undefined })}>Try again</Button>}
      >
        {error.message}. What the relay and its listeners do is not touched by this.
      </Notice>
    );
  }
}
