# bash completion for stockadectl(8)                                        -*- shell-script -*-
# SPDX-License-Identifier: Apache-2.0

_stockadectl_classes() {
  stockadectl classes list --json 2>/dev/null | sed -n 's/^ *"name": "\([a-z0-9-]*\)".*/\1/p'
}

_stockadectl_ids() {
  stockadectl list --json 2>/dev/null | sed -n 's/^ *"id": "\([A-Za-z0-9_+.-]*\)".*/\1/p'
}

_stockadectl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local word verb='' words=''
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      check | explain | inspect | list | show) verb=$word ;;
      classes) verb=classes ;;
    esac
  done
  COMPREPLY=()
  case $previous in
    --class)
      mapfile -t COMPREPLY < <(compgen -W "$(_stockadectl_classes)" -- "$current")
      return
      ;;
    --bundle | --root)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    --config)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --id) return ;;
  esac
  case $verb in
    '') words='check classes explain inspect list --version' ;;
    classes) words='list show' ;;
    check) words='--class' ;;
    explain) words='--class --bundle --id' ;;
    inspect) words="--root $(_stockadectl_ids)" ;;
    show) words="--origins $(_stockadectl_classes)" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words --config --json --help" -- "$current")
}

complete -F _stockadectl stockadectl
