import type { ArgumentDoc, Command, CommandGroup } from '../../src/commands/command.ts';
import { type ChosenSetting, variableOf } from '../../src/server/config-table.ts';

/** The README's table of settings. */
export function settingsTable(settings: readonly ChosenSetting[]): string {
  const rows = settings.map((setting) => [
    `\`--${setting.flag} <${setting.placeholder}>\``,
    `\`${variableOf(setting)}\``,
    setting.initial === '' ? '' : `\`${setting.initial}\``,
    setting.changes === 'live' ? 'yes' : '',
    setting.name === setting.flag
      ? setting.summary
      : `${setting.summary}. In CONFIG: \`${setting.name}\``,
  ]);
  return table(['flag', 'variable', 'default', 'CONFIG SET', 'meaning'], rows);
}

const titles: Readonly<Record<CommandGroup, string>> = {
  lease: 'Leases',
  string: 'Strings',
  generic: 'Keys',
  scripting: 'Scripts',
  transactions: 'Transactions',
  pubsub: 'Publish and subscribe',
  connection: 'Connections',
  server: 'The server',
  cluster: 'Redis Cluster',
};

/** The README's tables of commands, one for each group. */
export function commandTables(commands: readonly Command[]): string {
  return Object.entries(titles)
    .map(([group, title]) => {
      const members = commands.filter((command) => command.group === group);
      return `### ${title}\n\n${table(['command', ''], members.map(commandRow))}`;
    })
    .join('\n');
}

function commandRow(command: Command): readonly string[] {
  const { name, summary, group, subcommands = [] } = command;
  const syntax = [name.toUpperCase(), ...command.arguments.map(syntaxOf)].join(' ');
  const names = subcommands.map((each) => each.name.slice(name.length + 1).toUpperCase());
  const listed = group === 'cluster' ? [] : names.filter((each) => each !== 'HELP');
  const more = listed.length === 0 ? '' : ` ${listed.map((each) => `\`${each}\``).join(', ')}`;
  return [`\`${syntax}\``, `${summary}${more}`];
}

function syntaxOf(argument: ArgumentDoc): string {
  const once = bareSyntaxOf(argument);
  const text = argument.multiple === true ? `${once} …` : once;
  return argument.optional === true ? `[${text}]` : text;
}

function bareSyntaxOf({ type, name, token, arguments: inner = [] }: ArgumentDoc): string {
  const lead = token === undefined ? '' : `${token} `;
  if (type === 'pure-token') return token ?? name.toUpperCase();
  if (type === 'oneof') return `${lead}${inner.map(syntaxOf).join(' | ')}`;
  if (type === 'block') return `${lead}${inner.map(syntaxOf).join(' ')}`;
  return `${lead}${name}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}
