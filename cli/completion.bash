# Completion of selkirk's command line for bash.  Commands, options, presets and
# kinds of traces and plots come from `selkirk --options`, configuration keys
# from `selkirk config`.

# _selkirk_value PROGRAM VALUE WORD OPTION: completes WORD, the value of OPTION, as
# what the help calls VALUE.
_selkirk_value() {
    local program=$1 cur=$3 words=
    case $2 in
    BOARD)
        words=$("$program" config 2>/dev/null |
            sed -n 's/^machine\.board .*(\(.*\))$/\1/p' | tr '|' ' ')
        ;;
    SECTION.KEY=VALUE)
        words=$("$program" config 2>/dev/null |
            sed -n 's/^\([a-z0-9_]*\.[^ ]*\) .*/\1=/p')
        compopt -o nospace
        ;;
    NAME)
        [[ $4 == --preset || $4 == -P ]] || return
        words=$("$program" --options | sed -n 's/^preset //p')
        ;;
    KIND) words=$("$program" --options | sed -n 's/^kind //p') ;;
    KIND*)
        words=$("$program" --options | sed -n 's/^trace //p')
        local before=${cur%"${cur##*,}"} word all=
        for word in $words; do
            all+="$before$word "
        done
        words=$all
        compopt -o nospace
        ;;
    stdio*) words='stdio pty' ;;
    [a-z0-9]*\|*) words=${2//|/ } ;;
    DIR)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    FILE*) ;;
    *) return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    case $2 in
    FILE* | stdio*)
        compopt -o filenames
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
        ;;
    esac
}

_selkirk() {
    local program=$1 cur=$2 prev=$3 table command word option value
    local expected=
    COMPREPLY=()
    table=$("$program" --options 2>/dev/null) || return
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "--help --version $(
            sed -nE '/^(trace|kind|preset) /!s/ .*//p' <<<"$table" | sort -u)" -- "$cur")
        return
    fi
    command=${COMP_WORDS[1]}
    while read -r word option value; do
        [[ $word == "$command" && $option == "$prev" ]] && expected=$value
    done <<<"$table"
    if [ -n "$expected" ]; then
        _selkirk_value "$program" "$expected" "$cur" "$prev"
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(
            sed -n "s/^$command \(--[^ ]*\).*/\1/p" <<<"$table")" -- "$cur")
    elif [ "$command" = help ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(
            sed -nE '/^(trace|kind|preset) /!s/ .*//p' <<<"$table" | sort -u)" -- "$cur")
    elif [ "$command" = docs ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$program" docs --help |
            sed -n '1s/.*] //p' | tr '|' ' ')" -- "$cur")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}

complete -F _selkirk selkirk
