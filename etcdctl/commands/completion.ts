/** completion: what a shell offers after `etcdctl` and after `wherry etcdctl` */
import { Argument, Command, type Option } from 'commander';

interface Place {
  /** Commands that lead there: "", "member", "member add". */
  readonly path: string;
  readonly command: Command;
}

function places(command: Command, path = ''): Place[] {
  const below = command.commands.flatMap((each) =>
    places(each, path === '' ? each.name() : `${path} ${each.name()}`),
  );
  return [{ path, command }, ...below];
}

const flagsOf = ({ options }: Command): readonly Option[] =>
  options.filter(({ hidden }) => !hidden);

const longOf = (command: Command): string[] => flagsOf(command).map(({ long }) => long!);

/** Words are followed from the left; flags of all commands may stand anywhere. */
function bash(program: Command): string {
  const all = places(program);
  const steps = all.slice(1).map(({ path }) => {
    const at = path.lastIndexOf(' ');
    return `'${path.slice(0, Math.max(at, 0))} ${path.slice(at + 1)}'`;
  });
  const offers = all.map(({ path, command }) => {
    const own = path === '' ? [] : longOf(command);
    const words = [...command.commands.map((each) => each.name()), ...own, ...longOf(program)];
    return `    '${path}') offered='${words.join(' ')}' ;;`;
  });
  return `_etcdctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place='' offered='' i=1
  if [ "\${COMP_WORDS[0]##*/}" = wherry ]; then
    [ "\${COMP_WORDS[1]}" = etcdctl ] || return
    i=2
  fi
  for ((; i < COMP_CWORD; i++)); do
    case "$place \${COMP_WORDS[i]}" in
      ${steps.join(' | ')})
        place="\${place:+$place }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place" in
${offers.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}
complete -o default -F _etcdctl etcdctl wherry
`;
}

const zsh = (program: Command): string => `#compdef etcdctl wherry
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bash(program)}`;

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function fish(program: Command): string {
  const lines = places(program).flatMap(({ path, command }) => {
    const names = command.commands.map((each) => each.name());
    const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    const here = path === '' ? [] : seen;
    const undecided =
      names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(' ')}`];
    const line = (conditions: readonly string[], rest: string): string => {
      const only = conditions.length === 0 ? '' : ` -n ${quoted(conditions.join('; and '))}`;
      return `complete -c etcdctl${only} ${rest}`;
    };
    return [
      ...command.commands.map((each) =>
        line([...here, ...undecided], `-f -a ${each.name()} -d ${quoted(each.description())}`),
      ),
      ...flagsOf(command).map(({ long, short, required, description }) => {
        const brief = short === undefined ? '' : `-s ${short.slice(1)} `;
        const value = required ? '-r ' : '';
        return line(here, `-l ${long!.slice(2)} ${brief}${value}-d ${quoted(description)}`);
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

const scripts: Readonly<Record<string, (program: Command) => string>> = { bash, zsh, fish };

export const completionCommand = (program: Command, out: (text: string) => void): Command =>
  new Command('completion')
    .description('Print what makes a shell complete commands: source <(etcdctl completion bash)')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .action((shell: string) => out(scripts[shell]!(program)));
