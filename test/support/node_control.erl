%% How a test talks to a node without distribution: expressions in on standard input, values out on standard output.
-module(node_control).
-export([serve/0, dial/1, probe/1, links/0]).

%% Each line in is "Id Base64(Expression)"; each answer is a line "<control> Id ok|error Base64(Text)" among the node's
%% own log. A binary is its own text, any other value is printed on one line.
serve() ->
    io:format("<control> 0 ok ~s~n", [base64:encode(atom_to_binary(node()))]),
    spawn(fun read/0).

read() ->
    case io:get_line("") of
        eof -> halt(0);
        Line ->
            [Id, Expression] = string:lexemes(Line, " \n"),
            spawn(fun() -> answer(Id, base64:decode(Expression)) end),
            read()
    end.

answer(Id, Expression) ->
    {Outcome, Text} = try {"ok", text(evaluate(Expression))}
                      catch Class:Reason -> {"error", text({Class, Reason})}
                      end,
    io:format("<control> ~s ~s ~s~n", [Id, Outcome, base64:encode(Text)]).

evaluate(Expression) ->
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list([Expression, " ."])),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Exprs, []),
    Value.

text(Value) when is_binary(Value) -> Value;
text(Value) -> unicode:characters_to_binary(io_lib:format("~0tp", [Value])).

%% Connects to a node: <<"connected">>, or why not. The dialling node's distribution throws the reason away, so the
%% TLS handshake's result is traced.
dial(Node) ->
    {module, ssl} = code:ensure_loaded(ssl),
    erlang:trace_pattern({ssl, connect, 4}, [{'_', [], [{return_trace}]}], []),
    erlang:trace(all, true, [call]),
    Connected = net_kernel:connect_node(Node),
    erlang:trace(all, false, [call]),
    case Connected of
        true -> <<"connected">>;
        _ -> unicode:characters_to_binary(["refused: " | handshake("no TLS handshake took place")])
    end.

handshake(Otherwise) ->
    receive
        {trace, _, call, _} -> handshake("the TLS handshake did not end");
        {trace, _, return_from, _, {error, Reason}} -> io_lib:format("~0tp", [Reason]);
        {trace, _, return_from, _, {ok, _}} -> handshake("cut off after the TLS handshake")
    after 0 -> Otherwise
    end.

%% Begins a link to a node under another name, and lets go when the peer has greeted it: <<"accepted">>, or what it came to.
%% No link that is there is touched. The client's options, and so certificate, trust and host name, are this node's own,
%% and its files are read now.
probe(Node) ->
    [Name, Host] = string:lexemes(atom_to_list(Node), "@"),
    {ok, [[OptionFile | _] | _]} = init:get_argument(ssl_dist_optfile),
    {ok, [Sections]} = file:consult(OptionFile),
    {ok, _} = application:ensure_all_started(ssl),
    ok = ssl:clear_pem_cache(),
    {port, Port, _} = erl_epmd:port_please(Name, Host),
    %% Four octets of length, where the distribution without TLS has two.
    Options = [binary, {active, false}, {packet, 4}, {server_name_indication, Host} | proplists:get_value(client, Sections)],
    case ssl:connect(Host, Port, Options, 5000) of
        {ok, Socket} ->
            ok = ssl:send(Socket, greeting(<<"probe@", (list_to_binary(Host))/binary>>)),
            %% Under TLS 1.3 only an answer shows that the peer has taken our certificate.
            Answer = ssl:recv(Socket, 0, 5000),
            ssl:close(Socket),
            case Answer of
                {ok, <<"sok">>} -> <<"accepted">>;
                Other -> unicode:characters_to_binary(io_lib:format("after the handshake: ~0tp", [Other]))
            end;
        Refused -> unicode:characters_to_binary(io_lib:format("~0tp", [Refused]))
    end.

%% `send_name` of the distribution handshake, version 6.
greeting(Name) ->
    Flags = element(2, erts_internal:get_dflags()),
    <<$N, Flags:64, 1:32, (byte_size(Name)):16, Name/binary>>.

%% The links of this node as JSON. What TLS did is read from the connection processes below inet_tls_dist.
links() ->
    {ok, Infos} = net_kernel:nodes_info(),
    Links = [link(Peer, Controller, proplists:get_value(Peer, Infos)) || {Peer, Controller} <- erlang:system_info(dist_ctrl)],
    iolist_to_binary([$[, lists:join($,, Links), $]]).

link(Peer, Controller, Info) ->
    %% {net_address, Address, Host, Protocol, Family}
    Protocol = element(4, proplists:get_value(address, Info)),
    {Version, Verify, Certificate} = tls(Controller),
    io_lib:format("{\"peer\":\"~s\",\"protocol\":\"~s\",\"version\":~s,\"verify\":~s,\"certificate\":~s}",
                  [Peer, Protocol, Version, Verify, Certificate]).

tls(Controller) when is_pid(Controller) ->
    {dictionary, Dictionary} = process_info(Controller, dictionary),
    [Supervisor | _] = proplists:get_value('$ancestors', Dictionary),
    {receiver, Connection, _, _} = lists:keyfind(receiver, 1, supervisor:which_children(Supervisor)),
    {ok, Tls} = ssl_gen_statem:connection_information(Connection, false),
    Certificate = case ssl_gen_statem:peer_certificate(Connection) of
                      {ok, Der} when is_binary(Der) -> quoted(base64:encode(Der));
                      _ -> "null"
                  end,
    {quoted(proplists:get_value(protocol, Tls)), quoted(proplists:get_value(verify, Tls)), Certificate};
tls(_Port) ->
    {"null", "null", "null"}.

quoted(Text) -> io_lib:format("\"~s\"", [Text]).
