%% The application: one supervised listener. It knows nothing of clusters.
-module(shop_app).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).

start(_Type, _Arguments) ->
    supervisor:start_link({local, shop_sup}, ?MODULE, []).

%% Runs only where the node is stopped in good order (init:stop).
stop(_State) ->
    io:format("shop: stopped in good order~n").

init([]) ->
    Listener = #{id => shop_http, start => {shop_http, start_link, []}},
    {ok, {#{}, [Listener]}}.
