<?php
// Healthy: this release runs, its database answers, and its sessions have a place.
$release = require __DIR__ . '/release.php';
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
new mysqli(getenv('DB_HOST'), getenv('DB_USERNAME'), getenv('DB_PASSWORD'), getenv('DB_NAME'));
usleep((int) ($_GET['ms'] ?? 0) * 1000);
echo "release $release";
