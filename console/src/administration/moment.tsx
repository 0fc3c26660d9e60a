/** A day and a time, in the words of the browser's language; the exact one on hover. @param at epoch ms, or ISO 8601 */
export function Moment({ at }: { readonly at: number | string }) {
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })}
    </time>
  );
}
