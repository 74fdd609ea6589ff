<?php
// Code belongs to the release; what users send goes where the node lets it.
add_filter('pre_option_upload_path', fn () => getenv('STATE_DIR') . '/wp-content/uploads');
add_filter('pre_option_upload_url_path', fn () => site_url('/wp-content/uploads'));
