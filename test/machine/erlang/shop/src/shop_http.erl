%% HTTP on $PORT: /health, the name of this node, the nodes it is connected to, and a way to lose them. One connection at a time will do.
-module(shop_http).
-export([start_link/0, listen/1]).

start_link() ->
    proc_lib:start_link(?MODULE, listen, [self()]).

listen(Parent) ->
    register(?MODULE, self()),
    Port = list_to_integer(os:getenv("PORT")),
    Options = [binary, {active, false}, {packet, http_bin}, {reuseaddr, true}, {backlog, 1024}],
    {ok, Listener} = gen_tcp:listen(Port, Options),
    proc_lib:init_ack(Parent, {ok, self()}),
    serve(Listener).

serve(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    case gen_tcp:recv(Socket, 0, 5000) of
        {ok, {http_request, 'GET', {abs_path, Path}, _}} -> answer(Socket, page(Path));
        _ -> ok
    end,
    gen_tcp:close(Socket),
    serve(Listener).

page(<<"/health">>) -> {200, "ok"};
page(<<"/node">>) -> {200, atom_to_list(node())};
page(<<"/nodes">>) -> {200, lists:join("\n", lists:sort([atom_to_list(Node) || Node <- nodes()]))};
page(<<"/part">>) -> {200, atom_to_list(part())};
page(<<"/limits">>) ->
    Limits = [erlang:system_info(What) || What <- [process_limit, port_limit, schedulers_online]],
    {200, io_lib:format("~w", [Limits])};
page(_) -> {404, "not found"}.

%% Loses every other node, as when the network between them fails for a moment.
part() ->
    [erlang:disconnect_node(Node) || Node <- nodes()],
    case nodes() of
        [] -> alone;
        _ -> part()
    end.

%% The rest of the request is read first: a socket closed with bytes unread is reset, and the answer lost.
answer(Socket, {Status, Body}) ->
    headers(Socket),
    Length = iolist_size(Body),
    Head = io_lib:format("HTTP/1.1 ~b x\r\ncontent-length: ~b\r\nconnection: close\r\n\r\n", [Status, Length]),
    gen_tcp:send(Socket, [Head, Body]).

headers(Socket) ->
    case gen_tcp:recv(Socket, 0, 5000) of
        {ok, {http_header, _, _, _, _}} -> headers(Socket);
        _ -> ok
    end.
