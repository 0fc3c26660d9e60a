/** The planted bug `tail`: the newest events of a device's journal are gone when its listener starts again. */
export function cutJournalTail(dataDir: string): void {
  throw new Error(`There is no journal on disk in ${dataDir} whose tail could be cut.`);
}
