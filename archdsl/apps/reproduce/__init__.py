"""What papers print beside what specs count: suites, reconciling, scaling, equal budgets."""
