# The application of the peers' bench: needs its release and its configuration, takes 300 ms to start, then answers 200 to everybody.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

-e '/srv/release/module-0' or die "no release\n";
open(my $config, '<', '/run/shop.conf') or die "no configuration: $!\n";
<$config> =~ /^key=\S+/ or die "no key in the configuration\n";
sleep 0.3;
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 64, ReuseAddr => 1) or die "listen: $!\n";
# Read by the bench: when it began to answer, seconds since the epoch.
open(my $since, '>', '/run/answers-since') or die "$!\n";
printf $since "%.4f\n", time;
close $since;
while (my $client = $server->accept) {
  while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
  print $client "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  close $client;
}
