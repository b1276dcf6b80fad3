"""Recipes: how a network is trained, as a YAML file that is checked as specs are."""

from archdsl.apps.train.recipe.expect import PublishedError, published
from archdsl.apps.train.recipe.load import Recipe, load_recipe, parse_recipe
from archdsl.apps.train.recipe.shipped import recipes
from archdsl.apps.train.recipe.words import RecipeWords

__all__ = [
    "PublishedError", "Recipe", "RecipeWords", "load_recipe", "parse_recipe", "published",
    "recipes",
]  # fmt: skip
