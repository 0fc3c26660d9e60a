interface Waiter {
  through: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Who waits for entries of one log to be committed. All that goes to the disk together is one promise. */
export class CommitWaiters {
  /** In the order of positions. */
  private waiters: Waiter[] = [];
  private isNewestOpen = false;

  /** Resolves when the entry at this position is committed. */
  for(position: number): Promise<void> {
    const newest = this.waiters.at(-1);
    if (newest && position > newest.through && this.isNewestOpen) newest.through = position;
    if (!newest || position > newest.through) return this.add(position);
    return (this.waiters.find(({ through }) => through >= position) ?? newest).promise;
  }

  /** What was appended until now goes to the disk: what comes later does not wait for that alone. */
  seal(): void {
    this.isNewestOpen = false;
  }

  /** Everything up to a position is committed. */
  committed(position: number): void {
    while (this.waiters[0] && this.waiters[0].through <= position) this.waiters.shift()?.resolve();
  }

  /** Nothing more will be committed. */
  abandon(error: Error): void {
    for (const { reject } of this.waiters.splice(0)) reject(error);
  }

  private add(through: number): Promise<void> {
    const { promise, resolve, reject } = withResolvers();
    this.waiters.push({ through, promise, resolve, reject });
    this.isNewestOpen = true;
    return promise;
  }
}

function withResolvers(): Omit<Waiter, 'through'> {
  let resolve = (): void => undefined;
  let reject: Waiter['reject'] = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
