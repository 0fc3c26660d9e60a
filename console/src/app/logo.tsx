/** Two lanes, one of them held back. */
export function Logo({ size = 22 }: { readonly size?: number }) {
  return (
    <svg class="logo" viewBox="0 0 512 512" width={size} height={size} aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="52" stroke-linecap="round">
        <path d="M64 176h176c44 0 44-40 88-40h120" />
        <path d="M64 336h176c44 0 44 40 88 40h120" stroke-opacity=".5" />
      </g>
      <circle cx="72" cy="176" r="44" fill="currentColor" />
      <circle cx="440" cy="376" r="44" fill="currentColor" />
    </svg>
  );
}
