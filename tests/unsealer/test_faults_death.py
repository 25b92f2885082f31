"""An unsealer that dies after any of its writes loses nothing and overwrites nothing foreign.

The other faults of the running unsealer stand beside this module: refusals, slowness and cut
watches (test_faults_server.py), a restarted API server (test_faults_restart.py), tokens that end
(test_faults_tokens.py), namespaces that go and come (test_faults_namespaces.py), Secrets that are
swapped between decision and write (test_faults_swaps.py), wrong clocks (test_faults_clock.py), and
a thousand broken SealedSecrets among a thousand good ones (test_faults_crowds.py).
"""
