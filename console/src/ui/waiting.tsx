/** Something is on its way. It shows after a moment only, so that quick things do not flash. */
export function Waiting({ label }: { readonly label: string }) {
  return (
    <div class="waiting" role="status">
      <span class="waiting__dots" aria-hidden="true" />
      <span class="visually-hidden">{label}</span>
    </div>
  );
}
