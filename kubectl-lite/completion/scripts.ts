/**
 * What the shells load. Each hands the words typed so far to `kubectl-lite __complete`, which
 * answers one candidate per line with its description after a tab.
 */
const BASH = `# bash completion for kubectl-lite: source <(kubectl-lite completion bash)
__kubectl_lite_complete() {
  local line found=()
  local typed="\${COMP_WORDS[COMP_CWORD]}"
  # bash splits words at "=" and ":"; what stands before the cursor is put together again.
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  while IFS='' read -r line; do
    found+=("\${line%%$'\\t'*}")
  done < <(kubectl-lite __complete "\${words[@]}" 2>/dev/null)
  COMPREPLY=()
  for line in "\${found[@]}"; do
    [[ "$line" == "$typed"* ]] && COMPREPLY+=("$line")
  done
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == */ ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -o default -F __kubectl_lite_complete kubectl-lite
`;

const ZSH = `#compdef kubectl-lite
# zsh completion for kubectl-lite: source <(kubectl-lite completion zsh)
_kubectl_lite() {
  local line
  local -a found
  local tab=$'\\t'
  for line in "\${(@f)$(kubectl-lite __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z "$line" ]] && continue
    local word="\${line%%$tab*}"
    local about="\${line#*$tab}"
    [[ "$about" == "$line" ]] && about=""
    found+=("\${word//:/\\\\:}\${about:+:$about}")
  done
  if (( \${#found} )); then
    _describe 'kubectl-lite' found
  else
    _files
  fi
}
if [[ "$funcstack[1]" == "_kubectl_lite" ]]; then
  _kubectl_lite "$@"
else
  compdef _kubectl_lite kubectl-lite
fi
`;

const FISH = `# fish completion for kubectl-lite: kubectl-lite completion fish | source
function __kubectl_lite_complete
  set -l words (commandline -opc) (commandline -ct)
  set -e words[1]
  kubectl-lite __complete $words 2>/dev/null
end
complete -c kubectl-lite -f -a '(__kubectl_lite_complete)'
complete -c kubectl-lite -s f -l filename -r -F
`;

export const shellScripts: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
