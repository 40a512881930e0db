"use strict";
for (const figure of document.querySelectorAll(".compare")) {
  const part = (selector) => figure.querySelector(selector);
  const slider = part("input");
  const [leftChoice, rightChoice] = [part("select.left"), part("select.right")];
  rightChoice.innerHTML = leftChoice.innerHTML;
  rightChoice.selectedIndex = 1;
  const update = () => {
    part("img.left").src = leftChoice.value;
    part("img.right").src = rightChoice.value;
    part("img.left").style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
  };
  for (const control of [slider, leftChoice, rightChoice]) {
    control.addEventListener("input", update);
  }
  update();
}
