/** What is killed, or stopped, and goes on again, by one fault at a time. */
export class Turns {
  private readonly last = new Map<object, Promise<void>>();

  /** Works once nobody else does with any of these. */
  async take(targets: readonly object[], work: () => Promise<void>): Promise<void> {
    const earlier = targets.map((target) => this.last.get(target) ?? Promise.resolve());
    const turn = Promise.all(earlier).then(work);
    // The next one has its turn all the same.
    const over = turn.catch(() => {});
    for (const target of targets) this.last.set(target, over);
    await turn;
  }
}
