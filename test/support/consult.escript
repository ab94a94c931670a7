#!/usr/bin/env escript
%% Reads option files exactly as TLS distribution does at boot, and prints one JSON line a file.
%% An atom is {"atom": ..}, a tuple {"tuple": [..]}, a list (and so a string) an array, a fun {"fun": "module:name/arity"}.
main(Files) ->
    lists:foreach(fun(File) -> io:put_chars([json(ssl_dist_sup:consult(File)), $\n]) end, Files).

json(Integer) when is_integer(Integer) -> integer_to_list(Integer);
json(Atom) when is_atom(Atom) -> ["{\"atom\":", json(atom_to_list(Atom)), "}"];
json(List) when is_list(List) -> ["[", lists:join(",", [json(Element) || Element <- List]), "]"];
json(Tuple) when is_tuple(Tuple) -> ["{\"tuple\":", json(tuple_to_list(Tuple)), "}"];
json(Fun) when is_function(Fun) ->
    {module, Module} = erlang:fun_info(Fun, module),
    {arity, Arity} = erlang:fun_info(Fun, arity),
    io_lib:format("{\"fun\":\"~s/~b\"}", [Module, Arity]).
