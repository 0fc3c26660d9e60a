import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';

const KINDS = [
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  StatefulSet,
] as const;

/** An object of a manifest, and which of its members were asked for. */
interface Watched {
  readonly path: string;
  readonly object: object;
  readonly asked: Set<string | symbol>;
}

/**
 * What the API of Kubernetes would not take, or would leave out, of a manifest; nothing: it takes all. The schemas that Kubernetes publishes forbid
 * no member that they do not have; `kubectl --validate=strict` does, so what the validator never asks for is refused here too.
 */
export function refusalsOf(manifest: object): string[] {
  const kind = KINDS.find(({ is }) => is(manifest));
  if (!kind) return [`no such kind: ${JSON.stringify({ ...manifest, spec: undefined, data: undefined })}`];
  const seen: Watched[] = [];
  try {
    kind.prototype.validate.call(watch(manifest, '', seen));
  } catch (error) {
    return [String(error)];
  }
  return seen.flatMap(({ path, object, asked }) =>
    Object.keys(object).flatMap((name) => (asked.has(name) ? [] : [`no such member: ${path}/${name}`])),
  );
}

function watch(object: object, path: string, seen: Watched[]): object {
  const asked = new Set<string | symbol>();
  seen.push({ path, object, asked });
  const members = new Map<string | symbol, object>();
  return new Proxy(object, {
    get(target, name): unknown {
      asked.add(name);
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'object' || value === null) return value;
      const member = members.get(name) ?? watch(value, `${path}/${String(name)}`, seen);
      members.set(name, member);
      return member;
    },
  });
}
