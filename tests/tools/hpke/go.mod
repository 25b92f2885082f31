module gitopskit/tests/hpke

go 1.26.8
