import type { Command } from 'commander';
import { PHASES } from '../lib/job/phase.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Node {
  /** `subs add`; empty for the program. */
  readonly path: string;
  readonly summary: string;
  readonly words: readonly Word[];
}

interface Word {
  readonly word: string;
  readonly about: string;
}

/** A script for the shell, made from the commands and the apis as they are. */
export function completionScript(program: Command, shell: Shell, apis: readonly string[]): string {
  const nodes = nodesOf(program, '');
  const names = apis.join(' ');
  if (shell === 'fish') return fish(nodes, names);
  return shell === 'bash' ? bash(nodes, names) : zsh(nodes, names);
}

function nodesOf(command: Command, path: string): readonly Node[] {
  const children = command.commands.map((child) => ({ word: child.name(), about: child.summary() }));
  const options = command.options.map((option) => ({
    word: option.long ?? option.short ?? '',
    about: option.description,
  }));
  const words = [...children, ...options, { word: '--help', about: 'print help' }];
  const here = { path, summary: command.summary(), words };
  return [
    here,
    ...command.commands.flatMap((child) => nodesOf(child, path === '' ? child.name() : `${path} ${child.name()}`)),
  ];
}

/** Words after `--phase`; after `--api`, its names. Everything else that takes a value is completed as a file. */
const PHASE_WORDS = PHASES.join(' ');

function bash(nodes: readonly Node[], apis: string): string {
  const cases = nodes.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`);
  return `# bash completion for jobwatch
_jobwatch() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; ${commandWords(nodes)}) path="\${path:+$path }$word" ;; esac
  done
  case "$prev" in
    --phase) COMPREPLY=($(compgen -W '${PHASE_WORDS}' -- "$cur")); return ;;
    --api) COMPREPLY=($(compgen -W '${apis}' -- "$cur")); return ;;
    completion) COMPREPLY=($(compgen -W '${SHELLS.join(' ')}' -- "$cur")); return ;;
    -f|--file|--token-file|validate) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _jobwatch jobwatch`;
}

function commandWords(nodes: readonly Node[]): string {
  return [...new Set(nodes.flatMap(({ path }) => (path === '' ? [] : path.split(' '))))].join('|');
}

function zsh(nodes: readonly Node[], apis: string): string {
  const described = ({ word, about }: Word) => `'${quoted(word.replaceAll(':', '\\:'))}:${quoted(about)}'`;
  const cases = nodes.map(({ path, words }) => `    '${path}') words=(${words.map(described).join(' ')}) ;;`);
  return `#compdef jobwatch
_jobwatch() {
  local -a words_before words; local path_='' word
  words_before=("\${(@)words[2,CURRENT-1]}")
  words=()
  for word in $words_before; do
    case "$word" in -*) ;; ${commandWords(nodes)}) path_="\${path_:+$path_ }$word" ;; esac
  done
  case "\${words_before[-1]}" in
    --phase) compadd ${PHASE_WORDS}; return ;;
    --api) compadd ${apis}; return ;;
    completion) compadd ${SHELLS.join(' ')}; return ;;
    -f|--file|--token-file|validate) _files; return ;;
  esac
  case "$path_" in
${cases.join('\n')}
  esac
  _describe 'jobwatch' words
}
compdef _jobwatch jobwatch`;
}

function fish(nodes: readonly Node[], apis: string): string {
  const lines = nodes.flatMap(({ path, words }) => {
    const when = path === '' ? '__fish_use_subcommand' : `__jobwatch_at ${path}`;
    return words.map(({ word, about }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c jobwatch -f -n '${when}' ${what} -d '${quotedFish(about)}'`;
    });
  });
  return `# fish completion for jobwatch
function __jobwatch_at
  set -l words (string match -v -- '-*' (commandline -opc)[2..-1])
  test (count $words) -ge (count $argv); or return 1
  test "$words[1..(count $argv)]" = "$argv"
end
${lines.join('\n')}
complete -c jobwatch -n '__jobwatch_at ls' -l phase -x -a '${PHASE_WORDS}'
complete -c jobwatch -l api -x -a '${apis}'
complete -c jobwatch -f -n '__jobwatch_at completion' -a '${SHELLS.join(' ')}'
complete -c jobwatch -n '__jobwatch_at validate' -F`;
}

/** Inside single quotes of a POSIX shell. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function quotedFish(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
