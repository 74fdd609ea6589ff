<?php
// Counts the requests of one session.
session_start();
$seen = ($_SESSION['seen'] ?? 0) + 1;
usleep((int) ($_GET['ms'] ?? 0) * 1000);
$_SESSION['seen'] = $seen;
echo $seen;
