# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_nexops_global_optspecs
    string join \n url= o/output= c/columns= no-headers color= v/verbose q/quiet h/help V/version
end

function __fish_nexops_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_nexops_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_nexops_using_subcommand
    set -l cmd (__fish_nexops_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c nexops -n "__fish_nexops_needs_command" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_needs_command" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_needs_command" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_needs_command" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_needs_command" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_needs_command" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_needs_command" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_needs_command" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_needs_command" -s V -l version -d 'Print version'
complete -c nexops -n "__fish_nexops_needs_command" -f -a "status" -d 'Tell how the daemon, its connections, the nodes and the guests are'
complete -c nexops -n "__fish_nexops_needs_command" -f -a "node" -d 'Nodes: the servers that carry guests'
complete -c nexops -n "__fish_nexops_needs_command" -f -a "vm" -d 'Guests: virtual machines and containers'
complete -c nexops -n "__fish_nexops_needs_command" -f -a "ct" -d 'Guests: virtual machines and containers'
complete -c nexops -n "__fish_nexops_needs_command" -f -a "task" -d 'Tasks: power actions under way and done'
complete -c nexops -n "__fish_nexops_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c nexops -n "__fish_nexops_using_subcommand status" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand status" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand status" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand status" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand status" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand status" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand status" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand status" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -f -a "list" -d 'List nodes'
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -f -a "ls" -d 'List nodes'
complete -c nexops -n "__fish_nexops_using_subcommand node; and not __fish_seen_subcommand_from list ls show" -f -a "show" -d 'Show one node'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l status -d 'Only nodes in this state' -r -f -a "online\t''
offline\t''
maintenance\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l connection -d 'Only nodes of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l search -d 'Only nodes whose name or address contains this' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l sort -d 'Column to sort by, with - before it for the largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l status -d 'Only nodes in this state' -r -f -a "online\t''
offline\t''
maintenance\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l connection -d 'Only nodes of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l search -d 'Only nodes whose name or address contains this' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l sort -d 'Column to sort by, with - before it for the largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand node; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "list" -d 'List guests'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "ls" -d 'List guests'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "show" -d 'Show one guest with its configuration'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "metrics" -d 'Show what a guest uses now'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "start" -d 'Switch guests on'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "stop" -d 'Switch guests off at once, as by pulling the plug'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "restart" -d 'Shut guests down and start them again'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "shutdown" -d 'Ask guests to shut down'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "reset" -d 'Press the reset button of virtual machines'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "suspend" -d 'Freeze guests in memory'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "resume" -d 'Let frozen guests go on'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l status -d 'Only guests in this state' -r -f -a "running\t''
stopped\t''
paused\t''
error\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l type -d 'Only virtual machines or only containers' -r -f -a "qemu\t''
lxc\t''"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l node -d 'Only guests on this node' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l tag -d 'Only guests with this tag' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l connection -d 'Only guests of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l search -d 'Only guests whose name, number, address or node contains this' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l sort -d 'Column to sort by, with - before it for the largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l status -d 'Only guests in this state' -r -f -a "running\t''
stopped\t''
paused\t''
error\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l type -d 'Only virtual machines or only containers' -r -f -a "qemu\t''
lxc\t''"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l node -d 'Only guests on this node' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l tag -d 'Only guests with this tag' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l connection -d 'Only guests of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l search -d 'Only guests whose name, number, address or node contains this' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l sort -d 'Column to sort by, with - before it for the largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -l fresh -d 'Ask Proxmox now instead of showing the last collection'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from metrics" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from restart" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from shutdown" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from suspend" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand vm; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "list" -d 'List guests'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "ls" -d 'List guests'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "show" -d 'Show one guest with its configuration'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "metrics" -d 'Show what a guest uses now'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "start" -d 'Switch guests on'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "stop" -d 'Switch guests off at once, as by pulling the plug'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "restart" -d 'Shut guests down and start them again'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "shutdown" -d 'Ask guests to shut down'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "reset" -d 'Press the reset button of virtual machines'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "suspend" -d 'Freeze guests in memory'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and not __fish_seen_subcommand_from list ls show metrics start stop restart shutdown reset suspend resume" -f -a "resume" -d 'Let frozen guests go on'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l status -d 'Only guests in this state' -r -f -a "running\t''
stopped\t''
paused\t''
error\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l type -d 'Only virtual machines or only containers' -r -f -a "qemu\t''
lxc\t''"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l node -d 'Only guests on this node' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l tag -d 'Only guests with this tag' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l connection -d 'Only guests of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l search -d 'Only guests whose name, number, address or node contains this' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l sort -d 'Column to sort by, with - before it for the largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l status -d 'Only guests in this state' -r -f -a "running\t''
stopped\t''
paused\t''
error\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l type -d 'Only virtual machines or only containers' -r -f -a "qemu\t''
lxc\t''"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l node -d 'Only guests on this node' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l tag -d 'Only guests with this tag' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l connection -d 'Only guests of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l search -d 'Only guests whose name, number, address or node contains this' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l sort -d 'Column to sort by, with - before it for the largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -l fresh -d 'Ask Proxmox now instead of showing the last collection'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from metrics" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from restart" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from shutdown" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from suspend" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -l timeout -d 'How long to wait for the end, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -l no-wait -d 'Do not wait for the end; print the task\'s id'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -s y -l yes -d 'Do not ask; needed where nobody could answer'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand ct; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -f -a "list" -d 'List tasks, the latest first'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -f -a "ls" -d 'List tasks, the latest first'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -f -a "show" -d 'Show one task'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -f -a "wait" -d 'Wait until tasks have ended'
complete -c nexops -n "__fish_nexops_using_subcommand task; and not __fish_seen_subcommand_from list ls show wait log" -f -a "log" -d 'Print what Proxmox wrote about a task'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l status -d 'Only tasks in this state' -r -f -a "running\t''
succeeded\t''
failed\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l vm -d 'Only tasks of this guest: its number, name, node/name or id' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l node -d 'Only tasks on this node' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l connection -d 'Only tasks of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l limit -d 'No more than so many' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l sort -d 'Column to sort by, with - before it for the latest or largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l status -d 'Only tasks in this state' -r -f -a "running\t''
succeeded\t''
failed\t''
unknown\t''"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l vm -d 'Only tasks of this guest: its number, name, node/name or id' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l node -d 'Only tasks on this node' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l connection -d 'Only tasks of this connection' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l limit -d 'No more than so many' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l sort -d 'Column to sort by, with - before it for the latest or largest first' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l filter -d 'Only rows that fit, as \'cpu>80 tag:prod name:web-* !status:stopped\'; plain words look into all fields' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -s w -l watch -d 'Go on looking, every 2 s or as often as said, and show what changes' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l until -d 'Look again until every row fits, as status:running' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l timeout -d 'How long to look with --until, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -l timeout -d 'How long to wait, as 90s, 5m or 1h' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -s f -l follow -d 'Go on printing until the task has ended'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand task; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help'
complete -c nexops -n "__fish_nexops_using_subcommand completions" -l url -d 'Address of the daemon [env: NEXOPS_API_URL] [default: http://127.0.0.1:8000]' -r -f
complete -c nexops -n "__fish_nexops_using_subcommand completions" -s o -l output -d 'Form of the output: table, wide, json, jsonl, yaml, csv or name' -r -f -a "table\t'Aligned columns for people'
wide\t'The same with more columns'
json\t'The API\'s own JSON, without the envelope'
jsonl\t'The same with a line for each thing'
yaml\t'The same as YAML'
csv\t'Flat machine values under a header row'
name\t'Nothing but the name that other commands take, one a line'"
complete -c nexops -n "__fish_nexops_using_subcommand completions" -s c -l columns -d 'Show these columns and no others, in this order' -r
complete -c nexops -n "__fish_nexops_using_subcommand completions" -l color -d 'When to use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` speak against it'
always\t'Always'
never\t'Never'"
complete -c nexops -n "__fish_nexops_using_subcommand completions" -l no-headers -d 'Leave out the header row of tables and CSV'
complete -c nexops -n "__fish_nexops_using_subcommand completions" -s v -l verbose -d 'Tell request ids and HTTP details of errors'
complete -c nexops -n "__fish_nexops_using_subcommand completions" -s q -l quiet -d 'Tell nothing but data and errors'
complete -c nexops -n "__fish_nexops_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
