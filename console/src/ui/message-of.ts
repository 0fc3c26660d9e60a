/** What a person is shown of what a call failed with: the words of the device or the relay, or of whoever answered in their place. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
