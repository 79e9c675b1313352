complete --keep-order --exclusive --command nexops --arguments "(COMPLETE=fish nexops -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
