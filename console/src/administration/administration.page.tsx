import type { ComponentType } from 'preact';
import { hrefTo, useConsole, useTitle } from '../app/index.js';
import { Tabs, type IconName } from '../ui/index.js';
import './administration.css';
import { AuditView } from './audit/audit.view.js';
import { EnvironmentsView } from './environments.view.js';
import { LimitsView } from './limits.view.js';
import { NodesView } from './nodes.view.js';
import { OrganizationsView } from './organizations.view.js';
import { TokensView } from './tokens/tokens.view.js';

interface View {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly View: ComponentType;
  /** Left out where one may not operate the relay. */
  readonly forOperators?: true;
}

const VIEWS: readonly View[] = [
  { id: 'tokens', label: 'Tokens', icon: 'person', View: TokensView },
  { id: 'organizations', label: 'Organisations', icon: 'folder', View: OrganizationsView, forOperators: true },
  { id: 'environments', label: 'Environments', icon: 'terminal', View: EnvironmentsView },
  { id: 'nodes', label: 'Nodes', icon: 'system', View: NodesView, forOperators: true },
  { id: 'limits', label: 'Limits', icon: 'settings', View: LimitsView },
  { id: 'audit', label: 'Audit log', icon: 'file', View: AuditView },
];

/** What admins of an organisation and operators of the relay look after. */
export function AdministrationPage({ path }: { readonly path: readonly string[] }) {
  const { session } = useConsole();
  const views = VIEWS.filter(({ forOperators }) => !forOperators || session.info?.mayOperate);
  const shown = views.find(({ id }) => id === path[0]) ?? views[0];
  useTitle(['Administration', ...(shown ? [shown.label] : [])].join(' · '));
  const tabs = views.map(({ id, label, icon }) => ({ id, label, icon, href: hrefTo('admin', id) }));
  return (
    <div class="administration">
      <div class="administration__head">
        <h1>Administration</h1>
        <Tabs label="What to look after" tabs={tabs} current={shown?.id ?? ''} />
      </div>
      <div class="page">{shown && <shown.View key={shown.id} />}</div>
    </div>
  );
}
