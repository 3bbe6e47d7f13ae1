# Completion of writc and writ for fish, made by 'writc completion fish'.

function _writ_verbs
	switch "$argv"
		case 'writc'
			string split -n ' ' -- 'lint explain-code fmt compile keygen sign test diff explain query show verify import lsp completion help'
		case 'writ'
			string split -n ' ' -- 'decide run doctor learn users pending approve reject help'
		case '*'
			return 1
	end
	return 0
end

function _writ_options
	switch "$argv"
		case 'writc lint'
			string split -n ' ' -- '--help --format -W'
		case 'writc explain-code'
			string split -n ' ' -- '--help'
		case 'writc fmt'
			string split -n ' ' -- '--help --check -w'
		case 'writc compile'
			string split -n ' ' -- '--help -o --target --profile --optimize --strip --sign'
		case 'writc keygen'
			string split -n ' ' -- '--help'
		case 'writc sign'
			string split -n ' ' -- '--help --key -o'
		case 'writc test'
			string split -n ' ' -- '--help --coverage --coverage-min --format'
		case 'writc diff'
			string split -n ' ' -- '--help --format --fail-on'
		case 'writc explain'
			string split -n ' ' -- '--help --param --user --format'
		case 'writc query'
			string split -n ' ' -- '--help --user --format'
		case 'writc show'
			string split -n ' ' -- '--help --section --format --sandbox --arch'
		case 'writc verify'
			string split -n ' ' -- '--help --format --key'
		case 'writc import'
			string split -n ' ' -- '--help --caps --kernel --target'
		case 'writc lsp'
			string split -n ' ' -- '--help --stdio'
		case 'writc completion'
			string split -n ' ' -- '--help'
		case 'writ decide'
			string split -n ' ' -- '--help -p --role --user --tool --arg --param'
		case 'writ run'
			string split -n ' ' -- '--help -p --role --user --tool --sandbox --arg --param --approve --cwd --resolver --json --json-fd --explain'
		case 'writ doctor'
			string split -n ' ' -- '--help -p --param --prove --sandbox --format'
		case 'writ learn'
			string split -n ' ' -- '--help -o --name'
		case 'writ users'
			string split -n ' ' -- '--help -p --expires --by --role --format --replace'
		case 'writ pending'
			string split -n ' ' -- '--help --state --format'
		case 'writ approve'
			string split -n ' ' -- '--help --state'
		case 'writ reject'
			string split -n ' ' -- '--help --state'
		case '*'
			return 1
	end
	return 0
end

function _writ_values
	switch "$argv"
		case 'writc lint '
			string split -n ' ' -- '.writ .yaml .yml'
		case 'writc lint --format'
			string split -n ' ' -- 'text json sarif'
		case 'writc lint -W'
			string split -n ' ' -- 'error'
		case 'writc explain-code '
			string split -n ' ' -- ''
		case 'writc fmt '
			string split -n ' ' -- '.writ'
		case 'writc compile '
			string split -n ' ' -- '.writ .yaml .yml'
		case 'writc compile -o'
			string split -n ' ' -- '.wrt'
		case 'writc compile --target'
			string split -n ' ' -- 'x86_64 aarch64 riscv64 x86_64,aarch64'
		case 'writc compile --profile'
			string split -n ' ' -- '.prof'
		case 'writc compile --optimize'
			string split -n ' ' -- 'speed size'
		case 'writc compile --sign'
			string split -n ' ' -- '.key'
		case 'writc keygen '
			string split -n ' ' -- ''
		case 'writc sign '
			string split -n ' ' -- '.wrt'
		case 'writc sign --key'
			string split -n ' ' -- '.key'
		case 'writc sign -o'
			string split -n ' ' -- '.wrt'
		case 'writc test '
			string split -n ' ' -- '.writ .yaml .yml'
		case 'writc test --coverage-min'
			string split -n ' ' -- ''
		case 'writc test --format'
			string split -n ' ' -- 'text junit json tap'
		case 'writc diff '
			string split -n ' ' -- '.writ .yaml .yml .wrt'
		case 'writc diff --format'
			string split -n ' ' -- 'text json markdown sarif'
		case 'writc diff --fail-on'
			string split -n ' ' -- 'widen any never'
		case 'writc explain '
			string split -n ' ' -- '.writ .yaml .yml .wrt'
		case 'writc explain --param'
			string split -n ' ' -- ''
		case 'writc explain --format'
			string split -n ' ' -- 'text json'
		case 'writc query '
			string split -n ' ' -- '.writ .yaml .yml .wrt who-can what-can tools roles users'
		case 'writc query --format'
			string split -n ' ' -- 'text json'
		case 'writc show '
			string split -n ' ' -- '.wrt'
		case 'writc show --section'
			string split -n ' ' -- 'policy rbac plan filesystem landlock network limits env calls seccomp'
		case 'writc show --format'
			string split -n ' ' -- 'text json raw'
		case 'writc show --sandbox'
			string split -n ' ' -- ''
		case 'writc show --arch'
			string split -n ' ' -- 'x86_64 aarch64 riscv64'
		case 'writc verify '
			string split -n ' ' -- '.writ .yaml .yml .wrt'
		case 'writc verify --format'
			string split -n ' ' -- 'text json'
		case 'writc verify --key'
			string split -n ' ' -- '.pub'
		case 'writc import '
			string split -n ' ' -- 'yaml oci .yaml .yml .json'
		case 'writc import --caps'
			string split -n ' ' -- 'docker none all'
		case 'writc import --kernel'
			string split -n ' ' -- ''
		case 'writc import --target'
			string split -n ' ' -- 'x86_64 aarch64 riscv64 x86_64,aarch64'
		case 'writc lsp '
			string split -n ' ' -- ''
		case 'writc completion '
			string split -n ' ' -- 'bash zsh fish'
		case 'writ decide '
			string split -n ' ' -- ''
		case 'writ decide -p'
			string split -n ' ' -- '.wrt'
		case 'writ decide --role'
			string split -n ' ' -- ''
		case 'writ decide --user'
			string split -n ' ' -- ''
		case 'writ decide --tool'
			string split -n ' ' -- ''
		case 'writ decide --arg'
			string split -n ' ' -- ''
		case 'writ decide --param'
			string split -n ' ' -- ''
		case 'writ run '
			string split -n ' ' -- ''
		case 'writ run -p'
			string split -n ' ' -- '.wrt'
		case 'writ run --role'
			string split -n ' ' -- ''
		case 'writ run --user'
			string split -n ' ' -- ''
		case 'writ run --tool'
			string split -n ' ' -- ''
		case 'writ run --sandbox'
			string split -n ' ' -- ''
		case 'writ run --arg'
			string split -n ' ' -- ''
		case 'writ run --param'
			string split -n ' ' -- ''
		case 'writ run --cwd'
			string split -n ' ' -- '/'
		case 'writ run --resolver'
			string split -n ' ' -- ''
		case 'writ run --json-fd'
			string split -n ' ' -- ''
		case 'writ doctor '
			string split -n ' ' -- ''
		case 'writ doctor -p'
			string split -n ' ' -- '.wrt'
		case 'writ doctor --param'
			string split -n ' ' -- ''
		case 'writ doctor --sandbox'
			string split -n ' ' -- ''
		case 'writ doctor --format'
			string split -n ' ' -- 'text json'
		case 'writ learn '
			string split -n ' ' -- ''
		case 'writ learn -o'
			string split -n ' ' -- '.writ'
		case 'writ learn --name'
			string split -n ' ' -- ''
		case 'writ users '
			string split -n ' ' -- 'add remove disable enable grant revoke list show import export check .db .json .csv'
		case 'writ users -p'
			string split -n ' ' -- '.wrt'
		case 'writ users --expires'
			string split -n ' ' -- ''
		case 'writ users --by'
			string split -n ' ' -- ''
		case 'writ users --role'
			string split -n ' ' -- ''
		case 'writ users --format'
			string split -n ' ' -- 'text json csv'
		case 'writ pending '
			string split -n ' ' -- ''
		case 'writ pending --state'
			string split -n ' ' -- ''
		case 'writ pending --format'
			string split -n ' ' -- 'text json'
		case 'writ approve '
			string split -n ' ' -- ''
		case 'writ approve --state'
			string split -n ' ' -- ''
		case 'writ reject '
			string split -n ' ' -- ''
		case 'writ reject --state'
			string split -n ' ' -- ''
		case '*'
			return 1
	end
	return 0
end

function _writ_take
	for word in $argv
		switch $word
			case '.*'
				__fish_complete_suffix $word
			case /
				__fish_complete_directories (commandline -ct)
			case '*'
				echo $word
		end
	end
end

function _writ
	set -l words (commandline -opc)
	set -l program (basename $words[1])
	set -l verb $words[2]
	set -l prev $words[-1]
	set -l values
	if contains -- -- $words
		__fish_complete_command
		return
	end
	if test (count $words) -lt 2; or test "$verb" = help
		set values (_writ_verbs $program)
	else if string match -q -- '-*' $prev; and set values (_writ_values $program $verb $prev)
	else if string match -q -- '-*' (commandline -ct)
		set values (_writ_options $program $verb)
	else
		set values (_writ_values $program $verb '')
	end
	_writ_take $values
end

complete -c writc -f -a '(_writ)'
complete -c writ -f -a '(_writ)'
