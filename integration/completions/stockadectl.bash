# bash completion for stockadectl(8)                                        -*- shell-script -*-
# SPDX-License-Identifier: Apache-2.0

_stockadectl_classes() {
  stockadectl classes list --json 2>/dev/null | sed -n 's/^ *"name": "\([a-z0-9-]*\)".*/\1/p'
}

# Profiles, classes and OCI documents.
_stockadectl_filters() {
  echo baseline restricted isolated
  _stockadectl_classes | sed 's/^/class:/'
  compgen -f -- "$current"
}

_stockadectl_ids() {
  stockadectl list --json 2>/dev/null | sed -n 's/^ *"id": "\([A-Za-z0-9_+.-]*\)".*/\1/p'
}

_stockadectl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local word verb='' words=''
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      check | explain | inspect | list | pods | compile | evaluate | diff) verb=$word ;;
      show) verb=${verb}show ;;
      classes | profile) verb=$word ;;
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
    --config | --output)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --id | --syscall | --capabilities | --architectures) return ;;
  esac
  case $verb in
    '') words='check classes explain inspect list pods profile --version' ;;
    classes) words='list show' ;;
    profile) words='show compile evaluate diff' ;;
    check) words='--class' ;;
    explain) words='--class --bundle --id --syscall --capabilities' ;;
    inspect) words="--root $(_stockadectl_ids)" ;;
    classesshow) words="--origins $(_stockadectl_classes)" ;;
    profileshow) words='baseline restricted isolated' ;;
    compile) words="--output --capabilities --architectures $(_stockadectl_filters)" ;;
    evaluate) words="--syscall --capabilities --architectures $(_stockadectl_filters)" ;;
    diff) words="--capabilities --architectures $(_stockadectl_filters)" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words --config --json --help" -- "$current")
}

complete -F _stockadectl stockadectl
