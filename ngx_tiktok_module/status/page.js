// fetches the page again and puts what has changed in place of what is there

(function () {
  var live = document.getElementById('live');

  function alive() {
    live.className = 'on';
    live.textContent = 'live, ' + new Date().toLocaleTimeString();
  }

  function renew(text) {
    var page = new DOMParser().parseFromString(text, 'text/html');

    ['title', 'link', '#since', 'main'].forEach(function (part) {
      document.querySelector(part).replaceWith(page.querySelector(part));
    });
    alive();
  }

  function refresh() {
    // nobody looks, or somebody is about to copy something
    if (document.hidden || !getSelection().isCollapsed) {
      return;
    }
    fetch(location.href, {headers: {Accept: 'text/html'}, cache: 'no-store'}).then(function (answer) {
      if (!answer.ok) {
        throw answer.status;
      }
      return answer.text();
    }).then(renew).catch(function () {
      live.className = 'off';
    });
  }

  alive();
  setInterval(refresh, 5000);
  document.addEventListener('visibilitychange', refresh);
})();
