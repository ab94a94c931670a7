%% Validates each chain of the arguments, CHAIN ROOT CHAIN ROOT ..., as Erlang's distribution does it; a line for each.
-module(path_validation).
-export([main/0]).

main() ->
    lists:foreach(fun(Pair) -> io:format("~s~n", [validate(Pair)]) end, pairs(init:get_plain_arguments())),
    halt().

pairs([Chain, Root | Rest]) -> [{Chain, Root} | pairs(Rest)];
pairs([]) -> [].

%% public_key wants the path from the anchor's side down to the leaf, the anchor left out.
validate({Chain, Root}) ->
    [Anchor] = certificates(Root),
    case public_key:pkix_path_validation(Anchor, lists:reverse(certificates(Chain)), []) of
        {ok, _} -> "ok";
        {error, Reason} -> io_lib:format("refused ~0p", [Reason])
    end.

certificates(File) ->
    {ok, Pem} = file:read_file(File),
    [Der || {'Certificate', Der, not_encrypted} <- public_key:pem_decode(Pem)].
