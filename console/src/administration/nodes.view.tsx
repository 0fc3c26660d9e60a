import type { RelayNode, RelayNodes, TwinlaneClient } from 'twinlane/client';
import { Badge, Notice, duration, type Tone } from '../ui/index.js';
import { useConsole } from '../app/index.js';
import { Answered } from './answered.js';
import { Moment } from './moment.js';
import { SectionHead } from './section-head.js';
import { useAsked } from './use-asked.js';

/** Nodes say how they are a few times in ten seconds. */
const ASK_EVERY_MS = 3_000;
const TONES: Readonly<Record<RelayNode['state'], Tone>> = { ready: 'good', draining: 'warn' };

const list = (client: TwinlaneClient): Promise<RelayNodes> => client.administration.nodes();

/** The processes that are the relay, as they are while somebody looks. */
export function NodesView() {
  const asked = useAsked(list, ASK_EVERY_MS);
  return (
    <>
      <SectionHead
        title="Nodes"
        about="The processes that are this relay. Each environment is served by one of them; listeners and clients may come to any."
      />
      <Answered asked={asked}>
        {(found) => (
          <>
            <Shared nats={found.nats} />
            <div class="administration__scroll">
              <table class="rows">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">State</th>
                    <th scope="col">Environments</th>
                    <th scope="col">Sockets</th>
                    <th scope="col">Runs since</th>
                  </tr>
                </thead>
                <tbody>
                  {found.nodes.map((node) => (
                    <NodeRow key={node.id} node={node} answers={node.id === found.answeredBy} />
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </Answered>
    </>
  );
}

/** What nodes have in common, and whether the one that answers reaches it. */
function Shared({ nats }: Pick<RelayNodes, 'nats'>) {
  if (nats === null)
    return (
      <p class="administration__none">
        One process is the whole relay. Many, over NATS, are set up with TWINLANE_ENGINE.
      </p>
    );
  if (nats === 'connected')
    return (
      <p>
        <Badge tone="good">NATS connected</Badge>
      </p>
    );
  return (
    <Notice tone="bad" title="The node that answers does not reach NATS.">
      Others are shown as they were heard of last. What is open goes on within a node; what is new waits until NATS is
      back.
    </Notice>
  );
}

function NodeRow({ node, answers }: { readonly node: RelayNode; readonly answers: boolean }) {
  const { now } = useConsole();
  const { id, name, state, environments, sockets, startedAt } = node;
  return (
    <tr>
      <th scope="row">
        <span class="rows__name">
          {name} {answers && <Badge tone="accent">answers here</Badge>}
        </span>
        <span class="rows__id">{id}</span>
      </th>
      <td data-label="State">
        <Badge tone={TONES[state]}>{state}</Badge>
      </td>
      <td data-label="Environments">{environments.toLocaleString('en')}</td>
      <td data-label="Sockets">{sockets.toLocaleString('en')}</td>
      <td data-label="Runs since">
        <span>
          <Moment at={startedAt} /> ({duration(now.value - startedAt)})
        </span>
      </td>
    </tr>
  );
}
