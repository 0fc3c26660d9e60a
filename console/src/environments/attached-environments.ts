import { effect, signal } from '@preact/signals';
import { AttachedEnvironment, type AttachedEnvironmentParts } from './attached-environment.store.js';

/** Phases of a session in which nobody of this page is signed in any more. */
const OVER: ReadonlySet<string> = new Set(['signed-out', 'replaced']);

/** Whether somebody is signed in. */
interface Session {
  readonly state: { readonly value: { readonly phase: string } };
}

/** The attachments that pages show, and those over which something goes on; they end with the session. */
export class AttachedEnvironments {
  private readonly attached = signal<ReadonlyMap<string, AttachedEnvironment>>(new Map());

  constructor(
    private readonly parts: AttachedEnvironmentParts,
    session: Session,
  ) {
    effect(() => {
      if (OVER.has(session.state.value.phase)) for (const one of this.attached.peek().values()) one.close();
    });
  }

  /** The one to this environment; a new one where there is none. Whoever wants it to stay says so by its `show` or `keep`. */
  to(id: string): AttachedEnvironment {
    const known = this.attached.peek().get(id);
    if (known) return known;
    const attached = new AttachedEnvironment(this.parts, id, () => this.change((all) => all.delete(id)));
    this.change((all) => all.set(id, attached));
    return attached;
  }

  /** What goes on there, each in words. */
  keepsOf(id: string): readonly string[] {
    return this.attached.value.get(id)?.keeps.value ?? [];
  }

  private change(change: (all: Map<string, AttachedEnvironment>) => void): void {
    const all = new Map(this.attached.peek());
    change(all);
    this.attached.value = all;
  }
}
