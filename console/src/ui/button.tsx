import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon.js';

type Native = Omit<JSX.IntrinsicElements['button'], 'class' | 'children' | 'icon'>;

interface ButtonProps extends Native {
  /** `primary`: the one thing to do here. `plain`: without a frame. `danger`: takes something away. */
  readonly kind?: 'primary' | 'normal' | 'plain' | 'danger';
  readonly icon?: IconName;
  readonly children: ComponentChildren;
}

export function Button({ kind = 'normal', icon, children, ...native }: ButtonProps) {
  return (
    <button type="button" {...native} class={`button button--${kind}`}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Native {
  readonly icon: IconName;
  /** Said to who cannot see the icon, and shown on hover. */
  readonly label: string;
}

export function IconButton({ icon, label, ...native }: IconButtonProps) {
  return (
    <button type="button" title={label} {...native} class="button button--plain button--icon" aria-label={label}>
      <Icon name={icon} />
    </button>
  );
}
