DROP TABLE auth.recovery_codes;
DROP TABLE auth.second_factors;
