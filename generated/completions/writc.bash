# Completion of writc and writ for bash, made by 'writc completion bash'.

_writ_verbs()
{
	case "$*" in
	'writc') echo 'lint explain-code fmt compile keygen sign test diff explain query show verify import lsp completion help' ;;
	'writ') echo 'decide run doctor learn audit users pending approve reject help' ;;
	*) return 1 ;;
	esac
}

_writ_options()
{
	case "$*" in
	'writc lint') echo '--help --format -W' ;;
	'writc explain-code') echo '--help' ;;
	'writc fmt') echo '--help --check -w' ;;
	'writc compile') echo '--help -o --target --profile --optimize --strip --sign' ;;
	'writc keygen') echo '--help' ;;
	'writc sign') echo '--help --key -o' ;;
	'writc test') echo '--help --coverage --coverage-min --format' ;;
	'writc diff') echo '--help --format --fail-on' ;;
	'writc explain') echo '--help --param --user --format' ;;
	'writc query') echo '--help --user --format' ;;
	'writc show') echo '--help --section --format --sandbox --arch' ;;
	'writc verify') echo '--help --format --key' ;;
	'writc import') echo '--help --caps --kernel --target' ;;
	'writc lsp') echo '--help --stdio' ;;
	'writc completion') echo '--help' ;;
	'writ decide') echo '--help -p --role --user --tool --arg --param --args-json --audit --users --activate --key --policy --allow-rollback --state --approval --wait --public' ;;
	'writ run') echo '--help -p --role --user --tool --sandbox --arg --param --args-json --audit --users --activate --key --policy --allow-rollback --state --approval --wait --public --approve --cwd --resolver --json --json-fd --explain' ;;
	'writ doctor') echo '--help -p --param --prove --sandbox --format' ;;
	'writ learn') echo '--help -o --name' ;;
	'writ audit') echo '--help --since --textfile --until --user --role --tool --verdict --reason --rule --session --kind --seq --limit --format --key --keep' ;;
	'writ users') echo '--help -p --expires --by --role --format --replace' ;;
	'writ pending') echo '--help --state --format' ;;
	'writ approve') echo '--help --state --audit' ;;
	'writ reject') echo '--help --state --audit' ;;
	*) return 1 ;;
	esac
}

_writ_values()
{
	case "$*" in
	'writc lint ') echo '.writ .yaml .yml' ;;
	'writc lint --format') echo 'text json sarif' ;;
	'writc lint -W') echo 'error' ;;
	'writc explain-code ') echo '' ;;
	'writc fmt ') echo '.writ' ;;
	'writc compile ') echo '.writ .yaml .yml' ;;
	'writc compile -o') echo '.wrt' ;;
	'writc compile --target') echo 'x86_64 aarch64 riscv64 x86_64,aarch64' ;;
	'writc compile --profile') echo '.prof' ;;
	'writc compile --optimize') echo 'speed size' ;;
	'writc compile --sign') echo '.key' ;;
	'writc keygen ') echo '' ;;
	'writc sign ') echo '.wrt' ;;
	'writc sign --key') echo '.key' ;;
	'writc sign -o') echo '.wrt' ;;
	'writc test ') echo '.writ .yaml .yml' ;;
	'writc test --coverage-min') echo '' ;;
	'writc test --format') echo 'text junit json tap' ;;
	'writc diff ') echo '.writ .yaml .yml .wrt' ;;
	'writc diff --format') echo 'text json markdown sarif' ;;
	'writc diff --fail-on') echo 'widen any never' ;;
	'writc explain ') echo '.writ .yaml .yml .wrt' ;;
	'writc explain --param') echo '' ;;
	'writc explain --format') echo 'text json' ;;
	'writc query ') echo '.writ .yaml .yml .wrt who-can what-can tools roles users' ;;
	'writc query --format') echo 'text json' ;;
	'writc show ') echo '.wrt' ;;
	'writc show --section') echo 'policy rbac plan filesystem landlock network limits env calls seccomp' ;;
	'writc show --format') echo 'text json raw' ;;
	'writc show --sandbox') echo '' ;;
	'writc show --arch') echo 'x86_64 aarch64 riscv64' ;;
	'writc verify ') echo '.writ .yaml .yml .wrt' ;;
	'writc verify --format') echo 'text json' ;;
	'writc verify --key') echo '.pub' ;;
	'writc import ') echo 'yaml oci .yaml .yml .json' ;;
	'writc import --caps') echo 'docker none all' ;;
	'writc import --kernel') echo '' ;;
	'writc import --target') echo 'x86_64 aarch64 riscv64 x86_64,aarch64' ;;
	'writc lsp ') echo '' ;;
	'writc completion ') echo 'bash zsh fish' ;;
	'writ decide ') echo '' ;;
	'writ decide -p') echo '.wrt' ;;
	'writ decide --role') echo '' ;;
	'writ decide --user') echo '' ;;
	'writ decide --tool') echo '' ;;
	'writ decide --arg') echo '' ;;
	'writ decide --param') echo '' ;;
	'writ decide --args-json') echo '' ;;
	'writ decide --audit') echo '.db' ;;
	'writ decide --users') echo '.db' ;;
	'writ decide --activate') echo '' ;;
	'writ decide --key') echo '.pub' ;;
	'writ decide --policy') echo '' ;;
	'writ decide --state') echo '/' ;;
	'writ decide --approval') echo '' ;;
	'writ decide --wait') echo '' ;;
	'writ run ') echo '' ;;
	'writ run -p') echo '.wrt' ;;
	'writ run --role') echo '' ;;
	'writ run --user') echo '' ;;
	'writ run --tool') echo '' ;;
	'writ run --sandbox') echo '' ;;
	'writ run --arg') echo '' ;;
	'writ run --param') echo '' ;;
	'writ run --args-json') echo '' ;;
	'writ run --audit') echo '.db' ;;
	'writ run --users') echo '.db' ;;
	'writ run --activate') echo '' ;;
	'writ run --key') echo '.pub' ;;
	'writ run --policy') echo '' ;;
	'writ run --state') echo '/' ;;
	'writ run --approval') echo '' ;;
	'writ run --wait') echo '' ;;
	'writ run --cwd') echo '/' ;;
	'writ run --resolver') echo '' ;;
	'writ run --json-fd') echo '' ;;
	'writ doctor ') echo '' ;;
	'writ doctor -p') echo '.wrt' ;;
	'writ doctor --param') echo '' ;;
	'writ doctor --sandbox') echo '' ;;
	'writ doctor --format') echo 'text json' ;;
	'writ learn ') echo '' ;;
	'writ learn -o') echo '.writ' ;;
	'writ learn --name') echo '' ;;
	'writ audit ') echo 'query tail stats export verify checkpoint metrics alerts backup rotate prune .db' ;;
	'writ audit --since') echo '' ;;
	'writ audit --textfile') echo '.prom' ;;
	'writ audit --until') echo '' ;;
	'writ audit --user') echo '' ;;
	'writ audit --role') echo '' ;;
	'writ audit --tool') echo '' ;;
	'writ audit --verdict') echo 'allow deny ask' ;;
	'writ audit --reason') echo '' ;;
	'writ audit --rule') echo '' ;;
	'writ audit --session') echo '' ;;
	'writ audit --kind') echo 'decision launch end network file approval reload session gap open close checkpoint' ;;
	'writ audit --seq') echo '' ;;
	'writ audit --limit') echo '' ;;
	'writ audit --format') echo 'text json jsonl csv cef ocsf' ;;
	'writ audit --key') echo '.key' ;;
	'writ audit --keep') echo '' ;;
	'writ users ') echo 'add remove disable enable grant revoke list show import export check .db .json .csv' ;;
	'writ users -p') echo '.wrt' ;;
	'writ users --expires') echo '' ;;
	'writ users --by') echo '' ;;
	'writ users --role') echo '' ;;
	'writ users --format') echo 'text json csv' ;;
	'writ pending ') echo '' ;;
	'writ pending --state') echo '' ;;
	'writ pending --format') echo 'text json' ;;
	'writ approve ') echo '' ;;
	'writ approve --state') echo '' ;;
	'writ approve --audit') echo '.db' ;;
	'writ reject ') echo '' ;;
	'writ reject --state') echo '' ;;
	'writ reject --audit') echo '.db' ;;
	*) return 1 ;;
	esac
}

_writ_take()
{
	local word found dirs='compgen -d'
	for word; do
		found=()
		case $word in
		.*)
			mapfile -t found < <($dirs -- "$cur"; compgen -f -X "!*$word" -- "$cur")
			dirs=:
			;;
		/) mapfile -t found < <(compgen -d -- "$cur") ;;
		"$cur"*) found=("$word") ;;
		esac
		COMPREPLY+=("${found[@]}")
	done
}

_writ()
{
	local program=${1##*/} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local verb=${COMP_WORDS[1]} values i
	COMPREPLY=()
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = -- ]; then
			mapfile -t COMPREPLY < <(compgen -c -f -- "$cur")
			return
		fi
	done
	if [ "$COMP_CWORD" -eq 1 ] || [ "$verb" = help ]; then
		values=$(_writ_verbs "$program")
	elif [[ $prev == -* ]] && values=$(_writ_values "$program" "$verb" "$prev"); then
		:
	elif [[ $cur == -* ]]; then
		values=$(_writ_options "$program" "$verb")
	else
		values=$(_writ_values "$program" "$verb" '')
	fi
	# shellcheck disable=SC2086
	_writ_take $values
}

complete -o filenames -F _writ writc writ
